#ifndef GETAM_CJPEG_H
#define GETAM_CJPEG_H
#include <stddef.h>
#include <stdio.h>
#include <jpeglib.h>
#endif
