package command

import (
	"github.com/spf13/cobra"

	"farebook/starter/api"
)

func openAPICommand() *cobra.Command {
	return &cobra.Command{
		Use:   "openapi",
		Short: "Print the OpenAPI document of the HTTP API, as GET /openapi.json serves it",
		Long: "Prints the OpenAPI 3.1 document of the HTTP API. It needs no configuration and no running API: generate clients from it " +
			"for the build that you run.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			document, err := api.Document()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(append(document, '\n'))
			return err
		},
	}
}
