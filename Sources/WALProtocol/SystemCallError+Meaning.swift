#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension SystemCallError {
    /// `ENOSPC`, for transfers that make no progress.
    static let noSpace = ENOSPC

    /// `EINVAL`, for offsets that no file has.
    static let invalidOffset = EINVAL

    /// Whether the file was to be created and is there (`EEXIST`).
    package var isExistingFile: Bool { errno == EEXIST }

    /// Whether the call is simply to be repeated: a signal arrived (`EINTR`), or the kernel asks
    /// to (`EAGAIN`).
    public var isInterruption: Bool { errno == EINTR || errno == EAGAIN }
}

extension SystemCallError: CustomStringConvertible {
    /// `pwrite(/path): No space left on device (errno 28)`.
    public var description: String {
        "\(call)(\(path)): \(String(cString: strerror(errno))) (errno \(errno))"
    }
}

extension LogStoreError {
    /// The meaning of a failed system call to the caller of a store.
    ///
    /// `ENOSPC`, `EDQUOT` and `EFBIG` are `noSpace`: free some space and repeat. `EROFS`, and
    /// `EACCES` and `EPERM` when writing, are `readOnly`. Everything else is `io`.
    public init(_ cause: SystemCallError, writing: Bool = true) {
        let context = Context(file: cause.path)
        switch cause.errno {
        case ENOSPC, EDQUOT, EFBIG:
            self.init(
                .noSpace, "the disk, the quota or the file size limit is full; free some space",
                context: context, cause: cause)
        case EROFS where writing, EACCES where writing, EPERM where writing:
            self.init(
                .readOnly, "the store cannot be written here", context: context, cause: cause)
        default:
            self.init(.io, "a system call failed", context: context, cause: cause)
        }
    }
}
