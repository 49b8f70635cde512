package deliver

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ringback/internal/crm"
	"ringback/internal/journal"
)

// Vault encrypts what adapters keep in the journal, with a key that lies beside
// it: AES-256 in Galois/counter mode, bound to the target and the name.
type Vault struct {
	journal *journal.Journal
	aead    cipher.AEAD
	path    string
}

// keySize is that of AES-256, in bytes.
const keySize = 32

// OpenVault reads the key from a file, which is made where there is none, readable
// for its owner only. Processes that share a journal must share the key.
func OpenVault(j *journal.Journal, path string) (*Vault, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Vault{j, aead, path}, nil
}

func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key of the journal: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("the file %s is no key of a journal; put the right one there, or remove it: targets must then be connected anew", path)
	}
	return key, nil
}

// makeKey writes a new key under another name first, so that of several processes
// that start together one key wins.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, keySize)
	rand.Read(key)
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make the key of the journal: %w; make the directory writable for the user that ringback runs as", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // its other name stays
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Link(f.Name(), path)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the key of the journal: %w", err)
	}
	return readKey(path)
}

// Store is what the adapter of a target keeps things in.
func (v *Vault) Store(target string) crm.Store { return store{v, target} }

type store struct {
	*Vault

	target string
}

func (s store) bound(key string) []byte { return []byte(s.target + "\x00" + key) }

// Load implements crm.Store.
func (s store) Load(ctx context.Context, key string) ([]byte, int64, error) {
	text, version, err := s.journal.Kept(ctx, s.target, key)
	if err != nil || version == 0 {
		return nil, 0, err
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		sealed, err = s.aead.Open(nil, nil, sealed, s.bound(key))
	}
	if err != nil {
		return nil, 0, fmt.Errorf("what is kept for target %s cannot be read with the key in %s: put the key there that it was written with", s.target, s.path)
	}
	return sealed, version, nil
}

// Save implements crm.Store.
func (s store) Save(ctx context.Context, key string, value []byte, version int64) error {
	sealed := s.aead.Seal(nil, nil, value, s.bound(key))
	kept, err := s.journal.Keep(ctx, s.target, key, base64.StdEncoding.EncodeToString(sealed), version)
	if err == nil && !kept {
		err = crm.ErrConflict
	}
	return err
}
