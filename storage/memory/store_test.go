package memory_test

import (
	"testing"

	"lightsout/storage/memory"
	"lightsout/storage/storagetest"
)

func TestStore_KeepsTheContract(t *testing.T) {
	storagetest.Contract(t, func(*testing.T) storagetest.Journal { return memory.New() })
}

func TestStore_KeepsTheContractOfFeeds(t *testing.T) {
	storagetest.FeedsContract(t, func(t *testing.T) (storagetest.Journal, storagetest.Feeds) {
		s := memory.Keeping(1 << 20)
		t.Cleanup(func() { _ = s.Close() })
		return s, s
	})
}
