// Package chart holds tests of the Helm chart in deploy/helm: Helm's own engine renders it, Kubernetes' own types decode what comes out,
// and Farebook's configuration and programs accept the variables and commands. It is a separate module, so that production's go.mod
// requires neither Helm nor Kubernetes. Run by `make conformance`. Its tests import internal/config.
package chart
