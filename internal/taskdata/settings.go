package taskdata

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Settings is what the framework tells an executor in addition to its tasks, as a
// Mesos message: what may change while the executor lives. Messages can get lost,
// so they are repeated; the latest counts as a whole.
type Settings struct {
	Servers []string `json:"servers"`           // https URLs of the live API servers; any of them will do
	Program *Program `json:"program,omitempty"` // the executor that the framework would start today; nil: no wish
}

// Program is an executor program, identified by the hash of its content, so the
// one fetched is the one meant.
type Program struct {
	URL    string `json:"url"`
	SHA256 string `json:"sha256"` // of the content, in hexadecimal
}

// Encode returns s as it goes into a message.
func (s Settings) Encode() ([]byte, error) { return json.Marshal(s) }

// DecodeSettings reads a message. It fails when it names no API server; fields
// it does not know are ignored, so an older executor understands a newer
// framework.
func DecodeSettings(b []byte) (Settings, error) {
	var s Settings
	if err := json.Unmarshal(b, &s); err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	switch {
	case len(s.Servers) == 0:
		return Settings{}, errors.New("settings: no API server is named")
	case s.Program != nil && (s.Program.URL == "" || s.Program.SHA256 == ""):
		return Settings{}, errors.New("settings: a program without URL or hash")
	}
	return s, nil
}
