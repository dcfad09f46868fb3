/* The header is all there is: Sources/RaftWALC implements it. */
#include "raft_wal.h"
