/// What recovery does about what it finds: one table, decided in one place.
///
/// DESIGN.md has the prose of every row; a test checks that every combination of the predicates
/// matches exactly one row.
enum RecoveryTable {
    /// Which segment something was found about.
    enum Place: CaseIterable, Hashable {
        /// The one that was written last, or would have been.
        case newest
        /// Any before it.
        case older
    }

    /// What was found.
    enum Found: CaseIterable, Hashable {
        /// Records, all valid, up to zeros or the end of the file.
        case validRecords
        /// Valid records, but no footer where a status slot or the successor promise one.
        case noFooter
        /// A record or a footer that is not valid.
        case badRecord
        /// No valid header and checkpoint.
        case noContent
        /// No file.
        case missing
        /// Another store's file, or another segment's.
        case foreign
        /// A segment that is in no list of live ones.
        case notLive
        /// A file or directory that is none of ours.
        case unknownName
        /// A file that was never finished.
        case temporary
        /// A format version or a required feature that this code does not know.
        case unknownVersion
    }

    /// What is known besides.
    struct Predicates: Hashable {
        var place: Place
        var found: Found
        /// The last writer closed the store.
        var isCleanStop = false
        /// A later record, a seal or a checkpoint says that what is missing was durable.
        var isProvenDurable = false
        /// The segment before was sealed, so that its successor was there.
        var isPredecessorSealed = false
    }

    /// What to do.
    enum Decision: Hashable {
        /// Take it as it is.
        case accept
        /// Cut there, copy what no watermark covers to a new segment, quarantine the rest.
        case cutAndCopyForward
        /// Treat it as not written yet.
        case reinitialise
        /// Make it.
        case create
        /// Read the records instead, and write a footer.
        case rebuildFooter
        /// Remove it once the store is open.
        case removeAfterOpening
        /// Leave it alone.
        case ignore
        /// Throw `corrupt`.
        case refuse
        /// Throw `unsupportedFormat`, having touched nothing.
        case refuseFormat
    }

    /// A row of the table.
    struct Row {
        var number: Int
        var label: String
        var decision: Decision
        var matches: @Sendable (Predicates) -> Bool
    }

    static let rows: [Row] = [
        Row(number: 1, label: "clean", decision: .accept) {
            $0.found == .validRecords || ($0.found == .noFooter && $0.place == .newest)
        },
        Row(number: 2, label: "tornTail", decision: .cutAndCopyForward) {
            $0.place == .newest && $0.found == .badRecord && !$0.isProvenDurable && !$0.isCleanStop
        },
        Row(number: 3, label: "corrupt(afterCleanClose)", decision: .refuse) {
            $0.place == .newest && ($0.found == .badRecord || $0.found == .noContent)
                && !$0.isProvenDurable && $0.isCleanStop
        },
        Row(number: 4, label: "corrupt(range)", decision: .refuse) {
            $0.place == .newest && ($0.found == .badRecord || $0.found == .noContent)
                && $0.isProvenDurable
        },
        Row(number: 5, label: "emptyTail", decision: .reinitialise) {
            $0.place == .newest && $0.found == .noContent && !$0.isProvenDurable && !$0.isCleanStop
        },
        Row(number: 6, label: "corrupt(missingNewest)", decision: .refuse) {
            $0.place == .newest && $0.found == .missing && $0.isPredecessorSealed
        },
        Row(number: 7, label: "rotationInterrupted", decision: .create) {
            $0.place == .newest && $0.found == .missing && !$0.isPredecessorSealed
        },
        Row(number: 8, label: "footerRebuilt", decision: .rebuildFooter) {
            $0.place == .older && $0.found == .noFooter
        },
        Row(number: 9, label: "corrupt(olderRange)", decision: .refuse) {
            $0.place == .older && ($0.found == .badRecord || $0.found == .noContent)
        },
        Row(number: 10, label: "corrupt(missing/foreign)", decision: .refuse) {
            $0.found == .foreign || ($0.place == .older && $0.found == .missing)
        },
        Row(number: 11, label: "leftover", decision: .removeAfterOpening) {
            $0.found == .notLive
        },
        Row(number: 12, label: "temporary", decision: .removeAfterOpening) {
            $0.found == .temporary
        },
        Row(number: 13, label: "unknownName", decision: .ignore) { $0.found == .unknownName },
        Row(number: 14, label: "unsupportedFormat", decision: .refuseFormat) {
            $0.found == .unknownVersion
        },
    ]

    /// The row that applies.
    static func row(for predicates: Predicates) -> Row {
        guard let row = rows.first(where: { $0.matches(predicates) }) else {
            preconditionFailure("the recovery table has a row for everything; see its test")
        }
        return row
    }
}
