// SPDX-License-Identifier: Apache-2.0
	.section .rodata.init_image, "a"
	.balign 4096
	.global init_image, init_image_end
init_image:
	.incbin INIT
init_image_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
