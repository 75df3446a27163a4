// Package recordio reads and writes the framing of Mesos' event streams: each
// record is its length in decimal digits, a newline, and that many bytes. It
// knows nothing of what the records mean; package mesos reads streams with it,
// package mesos/local writes them.
package recordio

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// DefaultMax is the largest record that a Reader accepts by default, in bytes. Mesos
// itself sets no limit: the offers of all agents come in one record, about 440 bytes
// each, so this leaves room for 150,000 agents. A message that consists only of very
// small parts takes some 60 times its size while it is decoded.
const DefaultMax = 64 << 20

// maxDigits is enough for any 64-bit length; anything longer is not a length.
const maxDigits = 20

// ErrFraming means that the bytes are not a record: the stream is something else, or
// has lost its place. Nothing after it can be read.
var ErrFraming = errors.New("not a recordio stream")

// A Reader reads records one after another. It is not safe for concurrent use.
type Reader struct {
	r   *bufio.Reader
	max int
	buf []byte
}

// NewReader returns a Reader of r that refuses records of more than max bytes; if
// max is zero or less, it is DefaultMax.
func NewReader(r io.Reader, max int) *Reader {
	if max <= 0 {
		max = DefaultMax
	}
	return &Reader{r: bufio.NewReader(r), max: max}
}

// ReadRecord returns the next record; the slice is valid until the next call.
//
// The error is io.EOF if the stream ends between two records, io.ErrUnexpectedEOF if
// it ends within one, ErrFraming if it is not RecordIO or the record is too large,
// and otherwise the reader's own.
func (r *Reader) ReadRecord() ([]byte, error) {
	n, err := r.length()
	if err != nil {
		return nil, err
	}
	if err := r.fill(n); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return r.buf, nil
}

// length reads the digits and the newline at the start of a record.
func (r *Reader) length() (int, error) {
	n := uint64(0)
	for digits := 0; ; digits++ {
		c, err := r.r.ReadByte()
		switch {
		case err == io.EOF && digits > 0:
			return 0, io.ErrUnexpectedEOF
		case err != nil:
			return 0, err
		case c == '\n' && digits > 0:
			if n > uint64(r.max) {
				return 0, fmt.Errorf("%w: a record of %d bytes, where %d is the most", ErrFraming, n, r.max)
			}
			return int(n), nil
		case c < '0' || c > '9':
			return 0, fmt.Errorf("%w: %q where the length of a record should be", ErrFraming, c)
		case digits == maxDigits:
			return 0, fmt.Errorf("%w: a length of more than %d digits", ErrFraming, maxDigits)
		}
		if n <= uint64(r.max) { // once too large it stays so, whatever follows
			n = n*10 + uint64(c-'0')
		}
	}
}

// fill reads n bytes into the buffer. The buffer grows with the bytes that have
// arrived, at most doubling, so a length alone cannot make us allocate its size.
func (r *Reader) fill(n int) error {
	const step = 64 << 10
	r.buf = r.buf[:0]
	for len(r.buf) < n {
		have := len(r.buf)
		more := min(n-have, max(cap(r.buf)-have, have, step))
		if cap(r.buf) < have+more {
			r.buf = append(make([]byte, 0, have+more), r.buf...)
		}
		r.buf = r.buf[:have+more]
		if _, err := io.ReadFull(r.r, r.buf[have:]); err != nil {
			return err
		}
	}
	return nil
}

// Append appends record to dst, preceded by its length.
func Append(dst, record []byte) []byte {
	dst = strconv.AppendInt(dst, int64(len(record)), 10)
	dst = append(dst, '\n')
	return append(dst, record...)
}

// Write writes record, preceded by its length, in one call of w.Write, so writers
// that flush or send per call do so per record.
func Write(w io.Writer, record []byte) error {
	_, err := w.Write(Append(make([]byte, 0, len(record)+maxDigits+1), record))
	return err
}
