//go:build tools

// Package pulumi holds nothing of its own: it makes the Pulumi CLI a requirement of this module.
package pulumi

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
