#include "CKernels.h"
int getam_kernels_placeholder(void) { return 0; }
