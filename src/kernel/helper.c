// SPDX-License-Identifier: Apache-2.0
#include "helper.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "file.h"

int helper_path(const char *name, char *buf, size_t size, struct err *err)
{
	static const char *const places[] = {"", "/../libexec/kokon"};
	char self[4096];
	ssize_t n = read_link_at(AT_FDCWD, "/proc/self/exe", self, sizeof(self));

	if (n < 0) {
		err_set(err, (int)-n, "cannot find the helper '%s': '/proc/self/exe' is unreadable",
			name);
		return err_remedy(err, "mount -t proc proc /proc");
	}
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int len = snprintf(buf, size, "%s%s/%s", self, places[i], name);

		if (len > 0 && (size_t)len < size && access(buf, X_OK) == 0)
			return 0;
	}
	err_set(err, ENOENT, "cannot find the helper '%s' beside '%s' or in '%s/../libexec/kokon'",
		name, self, self);
	return err_remedy(err, "install kokon as a whole: make install");
}
