package import WALProtocol

/// A state machine's state after an entry, with what the engine has to know of that moment.
package struct Snapshot: Hashable, Sendable {
    /// The last entry that it covers.
    package var position: LogPosition
    /// The members of the cluster then, in the engine's encoding.
    package var configuration: [UInt8]
    /// The index at which these became the members.
    package var configurationIndex: LogIndex
    /// The state, in the state machine's encoding.
    package var data: [UInt8]

    /// Makes a snapshot.
    package init(
        position: LogPosition, configuration: [UInt8], configurationIndex: LogIndex, data: [UInt8]
    ) {
        self.position = position
        self.configuration = configuration
        self.configurationIndex = configurationIndex
        self.data = data
    }
}
