package dump_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/migrations/dump"
)

func statements(text string) (all []string, err error) {
	for statement, err := range dump.Statements(strings.NewReader(text)) {
		if err != nil {
			return all, err
		}
		all = append(all, string(statement))
	}
	return all, nil
}

func TestDumpsAreSplitIntoStatements(t *testing.T) {
	t.Parallel()
	all, err := statements(`/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19; it's a comment
--
/*!40101 SET NAMES utf8mb4 */;
/* don't; */
# neither; this
DROP TABLE IF EXISTS ` + "`a;b`" + `;
INSERT INTO t VALUES (1,'it''s; \'x\' \\','a--b',"q;"),(2,-1,'');
;
-- Dump completed on 2026-11-20 03:00:00`)
	require.NoError(t, err)
	require.Equal(t, []string{
		"/*M!999999\\- enable the sandbox mode */ \n/*!40101 SET NAMES utf8mb4 */", "DROP TABLE IF EXISTS `a;b`",
		`INSERT INTO t VALUES (1,'it''s; \'x\' \\','a--b',"q;"),(2,-1,'')`,
	}, all)
}

func TestDumpsThatWereCutOffAreRefused(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"INSERT INTO t VALUES (1":   "within a statement",
		"INSERT INTO t VALUES ('a;": "within a string",
		`INSERT INTO t VALUES ('\`:  "within a string",
		"/* a":                      "within a comment",
		"-- MariaDB dump 10.19\nINSERT INTO t VALUES (1);\n": "Dump completed",
		"DELIMITER ;;\nx;;": "DELIMITER",
	} {
		_, err := statements(text)
		require.ErrorContains(t, err, says, text)
	}
}

// Whatever a file has is split or refused.
func FuzzStatements(f *testing.F) {
	f.Add("SELECT 'a;''b'; -- c\n/*!40101 SET x */;")
	f.Add("`a\\`;\"b\\\";'")
	f.Fuzz(func(t *testing.T, text string) {
		all, _ := statements(text)
		for _, statement := range all {
			if strings.TrimSpace(statement) == "" {
				t.Fatal("an empty statement")
			}
		}
	})
}
