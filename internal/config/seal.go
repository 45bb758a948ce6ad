package config

import (
	"os"

	"farebook/ledger/seal"
)

// readableByOthers are the permissions of a file that everybody on the machine has. A group may read it, because secrets are often mounted
// for the group of a container.
const readableByOthers = 0o007

// readSealKey reads the key that signs seals. Its problems never quote the key.
func (r *reader) readSealKey() {
	file := r.vars.SealKeyFile
	if file == "" || !r.parts[Seals] {
		return
	}
	info, err := os.Stat(file)
	if err != nil {
		r.problem("LEDGER_SEAL_KEY_FILE cannot be read: %v", err)
		return
	}
	if info.Mode().Perm()&readableByOthers != 0 {
		r.problem("LEDGER_SEAL_KEY_FILE is %s, which every user of this machine may read or write: run `chmod 600 %[1]s`", file)
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		r.problem("LEDGER_SEAL_KEY_FILE cannot be read: %v", err)
		return
	}
	key, err := seal.ParseKey(text)
	if err != nil {
		r.problem("LEDGER_SEAL_KEY_FILE is %s: %v", file, err)
		return
	}
	r.config.SealKey = &key
}
