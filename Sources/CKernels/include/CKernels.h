int getam_kernels_placeholder(void);
