package recording

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Reader reads a recording.
type Reader struct {
	Header Header

	from *bufio.Reader
	line int
}

// NewReader reads the header. The error says why r is no recording.
func NewReader(r io.Reader) (*Reader, error) {
	in := &Reader{from: bufio.NewReaderSize(r, 1<<20)}
	b, err := in.next()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("recording: it is empty")
	}
	if err == nil {
		err = json.Unmarshal(b, &in.Header)
	}
	if err != nil {
		return nil, fmt.Errorf("recording: its first line is no header: %w", err)
	}
	if in.Header.Version != Version {
		return nil, fmt.Errorf("recording: its format is version %d and this program reads %d; play it with the program that wrote it", in.Header.Version, Version)
	}
	return in, nil
}

// Next returns the next entry, and io.EOF after the last. A last line without an end, as a
// crash leaves, is not an entry.
func (in *Reader) Next() (Entry, error) {
	b, err := in.next()
	if err != nil {
		return Entry{}, err
	}
	e, err := decode(b)
	if err != nil {
		return Entry{}, fmt.Errorf("recording, line %d: %w", in.line, err)
	}
	return e, nil
}

func (in *Reader) next() ([]byte, error) {
	b, err := in.from.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	in.line++
	return b, nil
}
