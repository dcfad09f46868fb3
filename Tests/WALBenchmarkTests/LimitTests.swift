import CLimits
import Foundation
import Testing

@testable import WALBenchmark

/// The yardstick has to be right itself.
@Suite struct LimitTests {
    @Test func theChecksumIsCRC32C() {
        // The check value of CRC-32C in every catalogue, and one longer than eight bytes aligned.
        #expect(limit_crc32c("123456789", 9) == 0xE306_9283)
        #expect(limit_crc32c([UInt8](repeating: 0, count: 32), 32) == 0x8A91_36AA)
    }

    @Test(arguments: [0, 7])
    func theScanFindsEveryRecordThatWasAppended(_ syncEvery: Int) throws {
        let path = NSTemporaryDirectory() + "/walbench-limit-\(UUID())"
        defer { unlink(path) }
        let payloads = Payloads()
        var nanoseconds: UInt64 = 0
        #expect(limit_append(path, payloads.limit(count: 5_000), syncEvery, &nanoseconds) == 0)
        #expect(nanoseconds > 0)
        var records: UInt64 = 0
        #expect(limit_scan(path, &records) == 0)
        #expect(records == 5_000)
        #expect(limit_scan_halves(path, 160, &records) == 0)
        #expect(records == 5_000)

        let file = FileDescriptor(open(path, O_RDWR))
        var sum: UInt64 = 0
        #expect(limit_pread_records(file.number, [0, 4_999, 17], 3, 160, &sum) == 0)
        // One flipped byte, and both notice.
        #expect(pwrite(file.number, [payloads.payload(17)[0] ^ 1], 1, 17 * 160 + 32) == 1)
        #expect(limit_pread_records(file.number, [17], 1, 160, &sum) == EBADMSG)
        #expect(limit_scan(path, &records) == EBADMSG)
        #expect(limit_scan_halves(path, 160, &records) == EBADMSG)
        // And one in the second half.
        #expect(pwrite(file.number, [payloads.payload(17)[0]], 1, 17 * 160 + 32) == 1)
        #expect(limit_scan_halves(path, 160, &records) == 0)
        #expect(pwrite(file.number, [payloads.payload(4_998)[0] ^ 1], 1, 4_998 * 160 + 32) == 1)
        #expect(limit_scan_halves(path, 160, &records) == EBADMSG)
    }

    private func append(_ lengths: [UInt32], to path: String) -> Int32 {
        let bytes = [UInt8](repeating: 7, count: lengths.reduce(0) { $0 + Int($1) })
        var nanoseconds: UInt64 = 0
        return bytes.withUnsafeBufferPointer { bytes in
            lengths.withUnsafeBufferPointer { lengths in
                limit_append(
                    path,
                    limit_payloads(
                        bytes: bytes.baseAddress, byte_count: bytes.count, length: 0,
                        lengths: lengths.baseAddress, count: lengths.count), 2, &nanoseconds)
            }
        }
    }

    @Test func payloadsOfAnyLengthAreAppended() {
        let path = NSTemporaryDirectory() + "/walbench-limit-\(UUID())"
        defer { unlink(path) }
        let lengths: [UInt32] = [0, 1, 300_000, 8, 262_112, 262_113]
        #expect(append(lengths, to: path) == 0)
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        let expected = lengths.reduce(0) { $0 + (32 + Int($1) + 7) / 8 * 8 }
        // The padding behind a record that is written from where it is has no bytes at the end.
        #expect(size.map { $0 <= expected && $0 > expected - 8 } == true)
    }

    /// The scan ended without an error at the first record that did not fit its block: the limit of
    /// reading a file with one long line was that of the lines before it.
    @Test(arguments: [
        [300_000, 8, 262_112, 262_113] as [UInt32], [0, 1, 700_001, 5, 400_000], [262_105, 3],
    ])
    func theScanGoesOnBehindALongRecord(_ lengths: [UInt32]) {
        let path = NSTemporaryDirectory() + "/walbench-limit-\(UUID())"
        defer { unlink(path) }
        #expect(append(lengths, to: path) == 0)
        var records: UInt64 = 0
        #expect(limit_scan(path, &records) == 0)
        #expect(records == lengths.count)
        // What is cut in the middle is not read.
        let end = lengths.dropLast().reduce(0) { $0 + (32 + Int($1) + 7) / 8 * 8 }
        #expect(truncate(path, off_t(end + 33)) == 0)
        #expect(limit_scan(path, &records) == 0)
        #expect(records == lengths.count - 1)
    }

    @Test func missingDirectoriesAreTold() {
        var nanoseconds: UInt64 = 0
        #expect(limit_append("/nowhere/x", Payloads().limit(count: 1), 0, &nanoseconds) == ENOENT)
        var descriptor: Int32 = -1
        #expect(limit_open_zeroed("/nowhere/x", 10, &descriptor) == ENOENT)
    }
}
