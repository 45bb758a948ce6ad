package openid

// The console's addresses, below that of the API. A browser begins to sign in at BeginPath.
const (
	ConsolePath  = "/console/"
	BeginPath    = "/console/signin/start"
	callbackPath = "/console/signin/callback"
	outPath      = "/console/signin/out"
)

// Register has the provider sign people in to the console of the API at this address.
func (p *Provider) Register(api string) { p.storage.register(api+callbackPath, api+outPath) }

// Environment returns the configuration of a console that signs people in here, but for its address: NAME=value.
func (p *Provider) Environment() []string {
	return []string{"CONSOLE_ISSUER=" + p.issuer, "CONSOLE_CLIENT_ID=" + clientID, "CONSOLE_CLIENT_SECRET=" + p.storage.secret}
}
