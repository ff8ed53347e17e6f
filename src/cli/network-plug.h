// SPDX-License-Identifier: Apache-2.0
/* kokon network connect, disconnect (network-plug.c). */
#ifndef KOKON_NETWORK_PLUG_H
#define KOKON_NETWORK_PLUG_H

#include "command.h"

extern const struct command network_connect_command;
extern const struct command network_disconnect_command;

#endif
