#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the guest: a scheduler with weights for the disk, an RDMA device made of software, AppArmor's files.
mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
modprobe bfq && echo bfq >/sys/block/vda/queue/scheduler
modprobe dummy && modprobe rdma_rxe && ip link add dummy0 type dummy && ip link set dummy0 up && rdma link add rxe0 type rxe netdev dummy0
:
