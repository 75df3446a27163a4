package pause

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// amd64 is the program for x86-64. Linux takes the number of a system call in
// rax and its arguments in rdi, rsi, rdx, r10.
var amd64 = []byte{
	0x6a, 0xff, //                   0: push -1             the set of all signals, at rsp
	0x31, 0xff, //                   2: xor  edi, edi       SIG_BLOCK
	0x48, 0x89, 0xe6, //             4: mov  rsi, rsp
	0x31, 0xd2, //                   7: xor  edx, edx
	0x6a, 0x08, 0x41, 0x5a, //       9: push 8; pop r10     bytes in the set
	0x6a, 0x0e, 0x58, //            13: push 14; pop rax    rt_sigprocmask
	0x0f, 0x05, //                  16: syscall
	// wait:
	0x48, 0x89, 0xe7, //            18: mov  rdi, rsp
	0x31, 0xf6, //                  21: xor  esi, esi       no details wanted
	0x31, 0xd2, //                  23: xor  edx, edx       no time limit
	0x6a, 0x08, 0x41, 0x5a, //      25: push 8; pop r10
	0xb8, 0x80, 0x00, 0x00, 0x00, //29: mov  eax, 128       rt_sigtimedwait
	0x0f, 0x05, //                  34: syscall
	0x83, 0xf8, 0x02, //            36: cmp  eax, 2         SIGINT
	0x74, 0x1b, //                  39: je   exit
	0x83, 0xf8, 0x0f, //            41: cmp  eax, 15        SIGTERM
	0x74, 0x16, //                  44: je   exit
	// reap:
	0x6a, 0xff, 0x5f, //            46: push -1; pop rdi    any child
	0x31, 0xf6, //                  49: xor  esi, esi
	0x6a, 0x01, 0x5a, //            51: push 1; pop rdx     WNOHANG
	0x45, 0x31, 0xd2, //            54: xor  r10d, r10d
	0x6a, 0x3d, 0x58, //            57: push 61; pop rax    wait4
	0x0f, 0x05, //                  60: syscall
	0x85, 0xc0, //                  62: test eax, eax
	0x7f, 0xec, //                  64: jg   reap           one reaped: another?
	0xeb, 0xce, //                  66: jmp  wait
	// exit:
	0x31, 0xff, //                  68: xor  edi, edi
	0x6a, 0x3c, 0x58, //            70: push 60; pop rax    exit
	0x0f, 0x05, //                  73: syscall
}

// arm64 is the same for 64-bit ARM, where the number goes in x8 and the
// arguments in x0 to x3.
var arm64 = words(
	0x92800009, //  0: mov  x9, #-1
	0xf81f0fe9, //  1: str  x9, [sp, #-16]!    the set of all signals, at sp
	0xd2800000, //  2: mov  x0, #0             SIG_BLOCK
	0x910003e1, //  3: mov  x1, sp
	0xd2800002, //  4: mov  x2, #0
	0xd2800103, //  5: mov  x3, #8             bytes in the set
	0xd28010e8, //  6: mov  x8, #135           rt_sigprocmask
	0xd4000001, //  7: svc  #0
	// wait:
	0x910003e0, //  8: mov  x0, sp
	0xd2800001, //  9: mov  x1, #0             no details wanted
	0xd2800002, // 10: mov  x2, #0             no time limit
	0xd2800103, // 11: mov  x3, #8
	0xd2801128, // 12: mov  x8, #137           rt_sigtimedwait
	0xd4000001, // 13: svc  #0
	0x7100081f, // 14: cmp  w0, #2             SIGINT
	0x54000180, // 15: b.eq exit
	0x71003c1f, // 16: cmp  w0, #15            SIGTERM
	0x54000140, // 17: b.eq exit
	// reap:
	0x92800000, // 18: mov  x0, #-1            any child
	0xd2800001, // 19: mov  x1, #0
	0xd2800022, // 20: mov  x2, #1             WNOHANG
	0xd2800003, // 21: mov  x3, #0
	0xd2802088, // 22: mov  x8, #260           wait4
	0xd4000001, // 23: svc  #0
	0x7100001f, // 24: cmp  w0, #0
	0x54ffff2c, // 25: b.gt reap               one reaped: another?
	0x17ffffee, // 26: b    wait
	// exit:
	0xd2800000, // 27: mov  x0, #0
	0xd2800ba8, // 28: mov  x8, #93            exit
	0xd4000001, // 29: svc  #0
)

func words(instructions ...uint32) []byte {
	var b []byte
	for _, w := range instructions {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// program returns a static ELF executable: a file header, one segment that maps
// the whole file, and the code.
func program(arch string) ([]byte, error) {
	const base, headers = 0x400000, 64 + 56
	var machine uint16
	var code []byte
	switch arch {
	case "amd64", "x86_64":
		machine, code = 62, amd64
	case "arm64", "aarch64":
		machine, code = 183, arm64
	default:
		return nil, fmt.Errorf("no pause program for architecture %q: amd64 and arm64 are known", arch)
	}
	size := uint64(headers + len(code))
	var b bytes.Buffer
	for _, part := range []any{
		[]byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, // 64 bit, little endian
		uint16(2), machine, uint32(1), // executable
		uint64(base + headers), uint64(64), uint64(0), uint32(0), // entry, program headers at 64, no sections
		uint16(64), uint16(56), uint16(1), uint16(0), uint16(0), uint16(0), // sizes and counts
		uint32(1), uint32(5), // a segment to load, readable and executable
		uint64(0), uint64(base), uint64(base), size, size, uint64(0x10000),
		code,
	} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
