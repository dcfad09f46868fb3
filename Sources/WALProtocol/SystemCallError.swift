/// A system call that failed: what the ``FileSystem`` seam throws.
///
/// The store above decides what it means (``LogStoreError``); nothing is interpreted here.
public struct SystemCallError: Error, Hashable, Sendable {
    /// The name of the call, as in its man page: `"pwrite"`.
    public var call: String
    /// The error number.
    public var errno: Int32
    /// The file or directory it was made on.
    public var path: String

    /// Makes an error.
    public init(call: String, errno: Int32, path: String) {
        self.call = call
        self.errno = errno
        self.path = path
    }
}
