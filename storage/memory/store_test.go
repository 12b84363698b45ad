package memory_test

import (
	"testing"

	"lightsout/storage/memory"
	"lightsout/storage/storagetest"
)

func TestStore_KeepsTheContract(t *testing.T) {
	storagetest.Contract(t, func(*testing.T) storagetest.Journal { return memory.New() })
}
