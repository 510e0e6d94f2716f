/* What both families of loops share of e^x, for a float or a vector of them: after Cephes' expf, x is parted into n ln 2 and
 * a rest, whose exponential is a polynomial of degree 5; about 1 ulp. */
#ifndef GETAM_EXPONENTIAL_H
#define GETAM_EXPONENTIAL_H

/* x - n ln 2, ln 2 in two parts. */
#define EXPONENTIAL_REST(x, n) (((x) - (n) * 0.693359375f) + (n) * 2.12194440e-4f)

/* e^r for a rest r. */
#define EXPONENTIAL_OF_REST(r)                                                                                             \
    ((((((1.9875691500e-4f * (r) + 1.3981999507e-3f) * (r) + 8.3334519073e-3f) * (r) + 4.1665795894e-2f) * (r)             \
       + 1.6666665459e-1f) * (r) + 5.0000001201e-1f) * (r) * (r) + (r) + 1.0f)

#endif
