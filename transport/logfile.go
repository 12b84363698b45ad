package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"lightsout/race"
)

// logMagic opens a log file. Its last digit is the file's version.
const logMagic = "LIGHTSOUT LOG 2\n"

// blockMax bounds a block of a log file, so that a damaged length cannot take the memory.
const blockMax = 16 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// What can be wrong with a log file. Test with errors.Is.
var (
	ErrNotALog = errors.New("not a Lights Out log")
	// ErrCut says that the file ends inside a block: what was read before it is whole.
	ErrCut     = errors.New("the log is cut off")
	ErrDamaged = errors.New("the log is damaged")
)

// LogWriter writes a race's records and frames to a log file.
type LogWriter struct {
	w     *bufio.Writer
	codec Codec
	err   error
}

// NewLogWriter writes the file's head. Flush must be called at the end.
func NewLogWriter(w io.Writer) *LogWriter {
	l := &LogWriter{w: bufio.NewWriterSize(w, 1<<16)}
	_, l.err = l.w.WriteString(logMagic)
	return l
}

// Record appends a record.
func (l *LogWriter) Record(r *race.Record) { l.message(l.codec.Record(r)) }

// Frame appends a frame.
func (l *LogWriter) Frame(f *race.Frame) { l.message(l.codec.Frame(f)) }

func (l *LogWriter) message(m []byte, err error) {
	if l.err != nil {
		return
	}
	if err == nil && len(m) > blockMax {
		err = fmt.Errorf("a message of %d bytes does not fit in a log: %d at most", len(m), blockMax)
	}
	if err != nil {
		l.err = err
		return
	}
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(m)))
	binary.LittleEndian.PutUint32(head[4:], crc32.Checksum(m, castagnoli))
	if _, l.err = l.w.Write(head[:]); l.err == nil {
		_, l.err = l.w.Write(m)
	}
}

// Flush hands everything to the writer below and returns the first error of all writes.
func (l *LogWriter) Flush() error {
	if l.err == nil {
		l.err = l.w.Flush()
	}
	if l.err != nil {
		return fmt.Errorf("write log: %w", l.err)
	}
	return nil
}

// LogReader reads a log file.
type LogReader struct {
	r      *bufio.Reader
	offset int64
	block  []byte
}

// NewLogReader checks the file's head.
func NewLogReader(r io.Reader) (*LogReader, error) {
	l := &LogReader{r: bufio.NewReaderSize(r, 1<<16)}
	var head [len(logMagic)]byte
	n, err := io.ReadFull(l.r, head[:])
	switch {
	case n == 0:
		return nil, fmt.Errorf("%w: the file is empty", ErrNotALog)
	case err != nil || string(head[:]) != logMagic:
		return nil, fmt.Errorf("%w: it must begin with %q", ErrNotALog, logMagic)
	}
	l.offset = int64(n)
	return l, nil
}

// Next gives the next *race.Record or *race.Frame; io.EOF at the end. Errors name the byte where the block begins.
func (l *LogReader) Next() (Message, error) {
	var head [8]byte
	if _, err := io.ReadFull(l.r, head[:]); err != nil {
		return nil, l.cut(err)
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length > blockMax {
		return nil, fmt.Errorf("%w: byte %d: a block of %d bytes, allowed are %d", ErrDamaged, l.offset, length, blockMax)
	}
	if cap(l.block) < int(length) {
		l.block = make([]byte, length)
	}
	block := l.block[:length]
	if _, err := io.ReadFull(l.r, block); err != nil {
		return nil, l.cut(errors.Join(err, io.ErrUnexpectedEOF))
	}
	if crc32.Checksum(block, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return nil, fmt.Errorf("%w: byte %d: the checksum does not match", ErrDamaged, l.offset)
	}
	m, err := Decode(block)
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", l.offset, err)
	}
	l.offset += 8 + int64(length)
	return m, nil
}

func (l *LogReader) cut(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w at byte %d", ErrCut, l.offset)
	case errors.Is(err, io.EOF):
		return io.EOF
	}
	return fmt.Errorf("read log: %w", err)
}
