package sysctls

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// record is the file, next to the locks, of what parameters were.
const record = "sysctls-found"

// found is what a parameter was before it was set.
type found struct {
	Was, Set string
	// Also are the values of other parameters, which the kernel changes together with this one.
	Also map[string]string `json:",omitempty"`
}

// recorded returns the record, by parameters.
func (s *scope) recorded() (map[string]found, error) {
	all := map[string]found{}
	path, err := s.locks.Path(record)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("the record of kernel parameters %s: %w: remove it", path, err)
	}
	return all, nil
}

// write replaces the record at once.
func (s *scope) write(all map[string]found) error {
	path, err := s.locks.Path(record)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = os.WriteFile(path+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("the record of kernel parameters: %w", err)
	}
	return nil
}
