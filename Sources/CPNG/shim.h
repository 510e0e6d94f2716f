#ifndef GETAM_CPNG_H
#define GETAM_CPNG_H
#include <png.h>
#endif
