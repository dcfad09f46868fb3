@_exported public import WALProtocol
