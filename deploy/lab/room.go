package lab

import (
	"os"
	"syscall"
)

const (
	memory = "/dev/shm" // where Linux keeps files in memory
	room   = 2 << 30    // bytes: more than the databases of a test process and its neighbour take

	writable = 2 // W_OK of access(2)
)

// roomy is the folder for a server's files: in memory where there is room, else
// that of all temporary files. Nothing is lost with the disk. What a server has
// written outlives its kill in either, as long as the machine stays on; only the
// wait for the disk is gone, which was most of the time of a test's migrations.
func roomy() string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(memory, &s); err != nil || s.Bavail*uint64(s.Bsize) < room || syscall.Access(memory, writable) != nil {
		return os.TempDir()
	}
	return memory
}
