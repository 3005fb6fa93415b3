package bundle

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// reportEvery is how often a running compilation says how far it is.
const reportEvery = 30 * time.Second

// compile runs the compiler for one group of packages.
func (b *Bundle) compile(ctx context.Context, g group, source, bin string, progress func(string)) error {
	args := append([]string{"build", "-v", "-o", bin + "/"}, flags(b.Versions)...)
	cmd := exec.CommandContext(ctx, b.Go, append(args, g.packages...)...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED="+map[bool]string{true: "1", false: "0"}[g.cgo])
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	output, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("compile %s: %w", g.what, err)
	}
	progress("compiling " + g.what)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("compile %s: %w", g.what, err)
	}
	said := follow(output, time.Now, progress)
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("compile %s: %w", g.what, context.Cause(ctx))
		}
		return fmt.Errorf("compile %s: %w\n%s", g.what, err, said)
	}
	return nil
}

// follow reads the compiler's output to its end, reports how many packages
// are done, and returns what else it said.
func follow(output io.Reader, now func() time.Time, progress func(string)) string {
	var other strings.Builder
	packages, last := 0, now()
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if line := lines.Text(); !isPackage(line) {
			other.WriteString(line + "\n")
			continue
		}
		packages++
		if at := now(); at.Sub(last) >= reportEvery {
			last = at
			progress(fmt.Sprintf("compiled %d packages of up to 3000", packages))
		}
	}
	return other.String()
}

// isPackage tells the import path of a package just compiled from anything
// else, such as "go: downloading ..." or an error.
func isPackage(line string) bool {
	return line != "" && !strings.ContainsAny(line, " :\t#")
}
