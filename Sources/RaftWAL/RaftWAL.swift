// The one import of a program that picks its store at run time.
@_exported public import AsyncWAL
@_exported public import WALProtocol
