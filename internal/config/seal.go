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
	text, read := r.readKeyFile(Seals, "LEDGER_SEAL_KEY_FILE", r.vars.SealKeyFile)
	if !read {
		return
	}
	key, err := seal.ParseKey(text)
	if err != nil {
		r.problem("LEDGER_SEAL_KEY_FILE is %s: %v", r.vars.SealKeyFile, err)
		return
	}
	r.config.SealKey = &key
}

// readKeyFile reads a file of keys that nobody else may read. It returns false without one, or where it is refused.
func (r *reader) readKeyFile(part Part, name, file string) ([]byte, bool) {
	if file == "" || !r.parts[part] {
		return nil, false
	}
	info, err := os.Stat(file)
	if err != nil {
		r.problem("%s cannot be read: %v", name, err)
		return nil, false
	}
	if info.Mode().Perm()&readableByOthers != 0 {
		r.problem("%s is %s, which every user of this machine may read or write: run `chmod 600 %[2]s`", name, file)
		return nil, false
	}
	text, err := os.ReadFile(file)
	if err != nil {
		r.problem("%s cannot be read: %v", name, err)
		return nil, false
	}
	return text, true
}
