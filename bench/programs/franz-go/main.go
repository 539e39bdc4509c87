// franz-go, measured like the other clients: told what to do by a line of JSON, answers with another.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// The same for every client that has the setting.
const (
	batchBytes = 65536
	linger     = 5 * time.Millisecond
)

// About what 32 MiB of records of 100 bytes are, which is what the other clients may buffer.
const bufferedMax = 300_000

type request struct {
	Do          string `json:"do"`
	Bootstrap   string `json:"bootstrap"`
	Topic       string `json:"topic"`
	Records     int64  `json:"records"`
	Leading     int64  `json:"leading"`
	Values      string `json:"values"`
	Acks        string `json:"acks"`
	Compression string `json:"compression"`
	Keys        int    `json:"keys"`
}

type answer struct {
	Records    int64   `json:"records"`
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpuSeconds"`
}

type stopwatch struct {
	began time.Time
	cpu   float64
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func newStopwatch() stopwatch { return stopwatch{time.Now(), cpuSeconds()} }

func (w stopwatch) read(records int64) answer {
	return answer{records, time.Since(w.began).Seconds(), cpuSeconds() - w.cpu}
}

func produce(r request) (answer, error) {
	text, err := os.ReadFile(r.Values)
	if err != nil {
		return answer{}, err
	}
	values := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	keys := make([][]byte, r.Keys)
	for n := range keys {
		keys[n] = []byte("key-" + strconv.Itoa(n))
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(r.Bootstrap),
		kgo.DefaultProduceTopic(r.Topic),
		kgo.ProducerLinger(linger),
		kgo.ProducerBatchMaxBytes(batchBytes),
		kgo.MaxBufferedRecords(bufferedMax),
	}
	if r.Acks == "one" {
		options = append(options, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite(),
			kgo.MaxProduceRequestsInflightPerBroker(5))
	}
	switch r.Compression {
	case "none":
		options = append(options, kgo.ProducerBatchCompression(kgo.NoCompression()))
	case "lz4":
		options = append(options, kgo.ProducerBatchCompression(kgo.Lz4Compression()))
	case "zstd":
		options = append(options, kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return answer{}, err
	}
	defer client.Close()
	ctx := context.Background()
	if err := client.ProduceSync(ctx, &kgo.Record{Value: values[0]}).FirstErr(); err != nil {
		return answer{}, err
	}
	var failed atomic.Pointer[error]
	pool := sync.Pool{New: func() any { return new(kgo.Record) }}
	delivered := func(record *kgo.Record, err error) {
		if err != nil {
			failed.Store(&err)
		}
		*record = kgo.Record{}
		pool.Put(record)
	}
	watch := newStopwatch()
	for n := int64(0); n < r.Records; n++ {
		record := pool.Get().(*kgo.Record)
		record.Value = values[n%int64(len(values))]
		if r.Keys > 0 {
			record.Key = keys[n%int64(r.Keys)]
		}
		client.Produce(ctx, record, delivered)
	}
	if err := client.Flush(ctx); err != nil {
		return answer{}, err
	}
	result := watch.read(r.Records)
	if err := failed.Load(); err != nil {
		return answer{}, *err
	}
	return result, nil
}

func consume(r request) (answer, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(r.Bootstrap),
		kgo.ConsumeTopics(r.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		return answer{}, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	var seen, size, from int64
	var watch *stopwatch
	for seen < r.Leading+r.Records {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return answer{}, err
		}
		if watch == nil && seen >= r.Leading {
			began := newStopwatch()
			watch, from = &began, seen
		}
		fetches.EachRecord(func(record *kgo.Record) {
			seen++
			size += int64(len(record.Value))
		})
	}
	if watch == nil {
		return answer{}, fmt.Errorf("one fetch brought all %d records: too few to measure", seen)
	}
	return watch.read(seen - from), nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r request
		err := json.Unmarshal(lines.Bytes(), &r)
		var result answer
		if err == nil {
			switch r.Do {
			case "produce":
				result, err = produce(r)
			case "consume":
				result, err = consume(r)
			default:
				err = fmt.Errorf("cannot %s", r.Do)
			}
		}
		var text []byte
		if err != nil {
			text, _ = json.Marshal(map[string]string{"error": err.Error()})
		} else {
			text, _ = json.Marshal(result)
		}
		fmt.Println(string(text))
	}
}
