package config

import "strconv"

func (r *reader) readAdmin() {
	addr := r.vars.AdminAddr
	pprof, err := strconv.ParseBool(r.vars.AdminPprof)
	if err != nil {
		r.problem("ADMIN_PPROF is %q: set it to true or false", r.vars.AdminPprof)
	}
	if addr == "none" {
		if pprof {
			r.problem("ADMIN_PPROF is true without an address in ADMIN_ADDR: profiles need one; set ADMIN_ADDR to host:port")
		}
		return
	}
	port, err := splitAddress(addr)
	_, notNumeric := strconv.ParseUint(port, 10, 16)
	if err != nil || notNumeric != nil {
		r.problem("ADMIN_ADDR is %q: set it to host:port, such as 127.0.0.1:9090, or to none", addr)
	}
	public, _ := splitAddress(r.vars.HTTPAddr) // an invalid HTTP_ADDR has been reported
	if port == public && port != "0" {
		r.problem("ADMIN_ADDR has the port of HTTP_ADDR: metrics must not be on the public port; set another port")
	}
	r.config.Admin = Admin{Addr: addr, Pprof: pprof}
}
