#ifndef GETAM_CZLIB_H
#define GETAM_CZLIB_H
#include <zlib.h>
#endif
