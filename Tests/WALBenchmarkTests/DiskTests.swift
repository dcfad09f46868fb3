import Conformance
import Testing

@testable import WALBenchmark

@Suite struct DiskTests {
    private static let mounts = """
        22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
        30 22 0:26 / /dev/shm rw,nosuid - tmpfs tmpfs rw
        31 22 8:1 / /data rw shared:2 master:3 - xfs /dev/sda1 rw
        32 22 8:2 / /data/with\\040blank rw - btrfs /dev/sda2 rw
        33 31 8:3 / /data rw - ext4 /dev/sda3 rw
        """

    @Test(arguments: [
        ("/", "ext4", "/dev/vda"), ("/home/x", "ext4", "/dev/vda"),
        ("/dev/shm", "tmpfs", "tmpfs"), ("/dev/shmoo", "ext4", "/dev/vda"),
        ("/data/with blank/x", "btrfs", "/dev/sda2"), ("/data/y", "ext4", "/dev/sda3"),
    ])
    func theMountIsTheLongestThatHoldsThePath(
        _ path: String, _ fileSystem: String, _ source: String
    ) {
        let disk = Disk(under: path, mountInformation: Self.mounts)
        #expect(disk?.fileSystem == fileSystem)
        #expect(disk?.source == source)
        #expect(disk?.isInMemory == (fileSystem == "tmpfs"))
    }

    /// Whether a sync waits for the disk is said by the file system's own options, which were left
    /// out of the report.
    @Test(arguments: [
        ("/x", "rw,relatime,nobarrier,data=writeback"), ("/bare", "rw,noatime"),
        ("/layers", "rw,relatime,volatile"),
    ])
    func theOptionsOfTheFileSystemAreKept(_ path: String, _ options: String) {
        let mounts = """
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,nobarrier,data=writeback
            23 22 0:30 / /bare rw,noatime shared:2 - ext4 /dev/vdb
            24 22 0:31 / /layers rw,relatime - overlay overlay rw,lowerdir=/a:/b,workdir=/c,volatile
            """
        #expect(Disk(under: path, mountInformation: mounts)?.options == options)
    }

    #if LMDB
        @Test func theVersionOfLMDBIsInTheReport() {
            #expect(Contestant.lmdb.version?.hasPrefix("0.9.") == true)
            #expect(Contestant.lmdb.version == Contestant.lmdbWithoutSync.version)
        }
    #endif

    @Test func writtenBytesAreSectorsOf512() {
        let statistics = """
             254       0 vda 10 11 12 13 20 21 22 23 0 24 25
               8       1 sda1 1 1 1 1 1 1 7 1 0 1 1
            """
        #expect(BlockDevice(number: "254:0").writes(in: statistics)?.byteCount == 22 * 512)
        #expect(BlockDevice(number: "8:1").writes(in: statistics)?.byteCount == 7 * 512)
        #expect(BlockDevice(number: "8:2").writes(in: statistics) == nil)
    }
}
