package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"lightsout/race"
)

// Heads of a log file. The last digit is the version of the file. Version 2 has no samples and no end message, so a cut between two blocks
// leaves no trace. It is read, but no longer written.
const (
	logMagic  = "LIGHTSOUT LOG 3\n"
	logMagic2 = "LIGHTSOUT LOG 2\n"
)

// blockMax bounds a block of a log file, so that a damaged length cannot exhaust the memory.
const blockMax = 16 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Errors of log files. Test with errors.Is.
var (
	ErrNotALog = errors.New("not a Lights Out log")
	// ErrCut says that the file ends before the log does; what was read before is intact.
	ErrCut     = errors.New("the log is cut off")
	ErrDamaged = errors.New("the log is damaged")
)

// samplesAtOnce is the largest number of samples in a message of a log.
const samplesAtOnce = 4096

// LogWriter writes a race's records, frames and samples to a log file.
type LogWriter struct {
	w     *bufio.Writer
	codec Codec
	wrote logEnd
	err   error
}

// NewLogWriter writes the file's head. Close must be called at the end.
func NewLogWriter(w io.Writer) *LogWriter {
	l := &LogWriter{w: bufio.NewWriterSize(w, 1<<16)}
	_, l.err = l.w.WriteString(logMagic)
	return l
}

// Record appends a record.
func (l *LogWriter) Record(r *race.Record) error {
	l.wrote.Records++
	return l.message(l.codec.Record(r))
}

// Frame appends a frame.
func (l *LogWriter) Frame(f *race.Frame) error {
	l.wrote.Frames++
	return l.message(l.codec.Frame(f))
}

// Samples appends samples of real cars.
func (l *LogWriter) Samples(list []race.Sample) error {
	for part := range slices.Chunk(list, samplesAtOnce) {
		l.wrote.Samples += int64(len(part))
		if err := l.message(l.codec.Samples(part)); err != nil {
			return err
		}
	}
	return l.err
}

// Close writes the end and flushes to the underlying writer, which stays open. It returns the first error of all writes, as each write does.
func (l *LogWriter) Close() error {
	if err := l.message(l.codec.logEnd(l.wrote)); err != nil {
		return err
	}
	if l.err = l.w.Flush(); l.err != nil {
		l.err = fmt.Errorf("write log: %w", l.err)
	}
	return l.err
}

func (l *LogWriter) message(m []byte, err error) error {
	if l.err != nil {
		return l.err
	}
	if err == nil && len(m) > blockMax {
		err = fmt.Errorf("a message of %d bytes does not fit in a log: %d at most", len(m), blockMax)
	}
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(m)))
	binary.LittleEndian.PutUint32(head[4:], crc32.Checksum(m, castagnoli))
	if err == nil {
		_, err = l.w.Write(head[:])
	}
	if err == nil {
		_, err = l.w.Write(m)
	}
	if err != nil {
		l.err = fmt.Errorf("write log: %w", err)
	}
	return l.err
}

// LogReader reads a log file.
type LogReader struct {
	r      *bufio.Reader
	offset int64
	block  []byte
	read   logEnd
	// endless files, of version 2, have no end message; ended says that the end message was read.
	endless, ended bool
}

// NewLogReader checks the file's head.
func NewLogReader(r io.Reader) (*LogReader, error) {
	l := &LogReader{r: bufio.NewReaderSize(r, 1<<16)}
	var head [len(logMagic)]byte
	n, err := io.ReadFull(l.r, head[:])
	switch {
	case n == 0:
		return nil, fmt.Errorf("%w: the file is empty", ErrNotALog)
	case err != nil || string(head[:]) != logMagic && string(head[:]) != logMagic2:
		return nil, fmt.Errorf("%w: it must begin with %q", ErrNotALog, logMagic)
	}
	l.endless = string(head[:]) == logMagic2
	l.offset = int64(n)
	return l, nil
}

// Next returns the next *race.Record, *race.Frame or []race.Sample; io.EOF at the end, or ErrCut if the log says that more was written. Errors
// name the byte at which the block begins.
func (l *LogReader) Next() (Message, error) {
	m, err := l.next()
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *race.Record:
		l.read.Records++
	case *race.Frame:
		l.read.Frames++
	case []race.Sample:
		l.read.Samples += int64(len(m))
	case logEnd:
		if m != l.read {
			return nil, fmt.Errorf("%w: byte %d: it ends after %v, and %v were written", ErrDamaged, l.offset, l.read, m)
		}
		l.ended = true
		return l.Next()
	default:
		return nil, fmt.Errorf("%w: byte %d: a %T has no place in a log", ErrDamaged, l.offset, m)
	}
	return m, nil
}

func (l *LogReader) next() (Message, error) {
	var head [8]byte
	if _, err := io.ReadFull(l.r, head[:]); err != nil {
		return nil, l.cut(err)
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length > blockMax || l.ended {
		return nil, fmt.Errorf("%w: byte %d: a block of %d bytes, allowed are %d", ErrDamaged, l.offset, length, l.room())
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

// room is the largest possible length of the next block; after the end it is 0.
func (l *LogReader) room() int {
	if l.ended {
		return 0
	}
	return blockMax
}

func (l *LogReader) cut(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF) && !l.ended && !l.endless:
		return fmt.Errorf("%w at byte %d", ErrCut, l.offset)
	case errors.Is(err, io.EOF):
		return io.EOF
	}
	return fmt.Errorf("read log: %w", err)
}
