package devstack

import (
	"slices"

	"farebook/internal/dev/openid"
)

// startOpenID starts the provider at which people sign in to the console.
func (s *Stack) startOpenID() (err error) {
	if s.OpenID, err = openid.Start(openid.Options{Addr: loopback(s.options.Ports.OpenID)}); err != nil {
		return err
	}
	s.OpenID.Register(s.APIURL)
	return nil
}

// consoleEnv returns the configuration of the console: NAME=value.
func (s *Stack) consoleEnv() []string {
	env := append(s.OpenID.Environment(), "CONSOLE_URL="+s.APIURL)
	if ui := s.Temporal.UIURL(); ui != "" {
		env = append(env, "CONSOLE_TEMPORAL_UI="+ui+"/namespaces/default")
	}
	return env
}

// ConsoleURL returns the address of the console.
func (s *Stack) ConsoleURL() string { return s.APIURL + openid.ConsolePath }

// SignInLink returns an address that signs in to the console once, as the one of the four with this role.
func (s *Stack) SignInLink(role string) string {
	people := openid.People()
	at := slices.IndexFunc(people, func(p openid.Person) bool { return p.Role == role })
	return s.OpenID.Link(people[at], s.APIURL+openid.BeginPath)
}
