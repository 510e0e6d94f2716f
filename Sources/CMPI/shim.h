#ifndef GETAM_CMPI_H
#define GETAM_CMPI_H
// Open MPI behind functions: its constants are macros that Swift cannot read. Failures end the whole run, as is MPI's default.
#include <mpi.h>

// Joins the run; false where its MPI cannot be called by one thread after another.
static inline int ranks_join(int *rank, int *count) {
    int provided = 0;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, count);
    return provided >= MPI_THREAD_SERIALIZED;
}

// The same number of values of every rank, rank by rank in `all`.
static inline void ranks_gather(const double *own, int count, double *all) {
    MPI_Allgather(own, count, MPI_DOUBLE, all, count, MPI_DOUBLE, MPI_COMM_WORLD);
}

// Piece r of `own`, of `count` floats, goes to rank r; piece r of `pieces` comes from there.
static inline void ranks_exchange(const float *own, int count, float *pieces) {
    MPI_Alltoall(own, count, MPI_FLOAT, pieces, count, MPI_FLOAT, MPI_COMM_WORLD);
}

// Every rank's piece of `all`, of `count` floats, goes to all others.
static inline void ranks_share(float *all, int count) {
    MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, count, MPI_FLOAT, MPI_COMM_WORLD);
}

// What rank 0 has, everywhere.
static inline void ranks_spread(float *values, int count) { MPI_Bcast(values, count, MPI_FLOAT, 0, MPI_COMM_WORLD); }

// Waits for all ranks, and leaves.
static inline void ranks_leave(void) { MPI_Finalize(); }

// Ends all ranks.
static inline void ranks_end(int status) { MPI_Abort(MPI_COMM_WORLD, status); }
#endif
