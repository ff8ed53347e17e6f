// SPDX-License-Identifier: Apache-2.0
/* Every command of kokon-oci, defined in the file that its comment names. */
#ifndef KOKON_OCI_COMMANDS_H
#define KOKON_OCI_COMMANDS_H

#include "oci-command.h"

/* oci-cmd-create.c */
extern const struct oci_command oci_create_command, oci_run_command, oci_start_command;
/* oci-cmd-end.c */
extern const struct oci_command oci_kill_command, oci_delete_command;
/* oci-cmd-look.c */
extern const struct oci_command oci_state_command, oci_list_command, oci_ps_command;
/* oci-cmd-change.c */
extern const struct oci_command oci_pause_command, oci_resume_command;
/* oci-cmd-criu.c */
extern const struct oci_command oci_checkpoint_command, oci_restore_command;
/* oci-cmd-exec.c */
extern const struct oci_command oci_exec_command;
/* oci-cmd-update.c */
extern const struct oci_command oci_update_command;
/* oci-cmd-tell.c */
extern const struct oci_command oci_spec_command, oci_features_command, oci_check_command,
	oci_events_command;
/* oci-cmd-completion.c */
extern const struct oci_command oci_completion_command;
/* oci-main.c: what stands in front of the command */
extern const struct option_def oci_global_options[];

#endif
