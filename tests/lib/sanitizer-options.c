// SPDX-License-Identifier: Apache-2.0
/* Linked into kokon when it is built with sanitizers: options that need no environment, which
 * golden tests would see. kokon ends by exiting, so what it still holds then is no leak. */

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0:abort_on_error=1:strict_string_checks=1";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1";
}
