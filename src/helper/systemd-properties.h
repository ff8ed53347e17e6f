// SPDX-License-Identifier: Apache-2.0
/*
 * Properties of a unit, from words to D-Bus (org.freedesktop.systemd1(5)).
 *
 * A word is NAME=TYPE:VALUE: b:true, t:123 (64 bits), s:text, as:word (an array of one), ay:0-3
 * (a set of numbers as bytes, bit n being number n).
 */
#ifndef KOKON_SYSTEMD_PROPERTIES_H
#define KOKON_SYSTEMD_PROPERTIES_H

#include <systemd/sd-bus.h>

/* Append an array of them, a(sv), and before them "PIDs" unless `pid` is NULL. The list ends with
 * NULL. 0 or more, or -errno. */
int systemd_put_properties(sd_bus_message *m, const char *pid, char *const *properties);

#endif
