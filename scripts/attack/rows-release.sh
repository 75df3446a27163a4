# What is built and kept. To be read by attack.sh.

slow_ended() {
	wait "$slow" 2>/dev/null
	while kill -0 "$slow" 2>/dev/null; do sleep 0.2; done
	cat "$work/slow"
}
row S16 'headers that come a byte at a time end within 33 s' 'closed after (3[0-3]|[12]?[0-9]) s' slow_ended

secrets_in_history() {
	git log -p --no-color | grep -E '^\+.*(-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|ghp_[0-9A-Za-z]{36})'
	[ -s docs/security.md ] || echo 'docs/security.md is missing'
}
explained S50 'known vulnerabilities' 'make check runs govulncheck where its database can be reached'
explained S51 'modules are what go.sum says' 'make check runs go mod tidy -diff; go mod verify is in make release'
explained S52 'reproducible builds' 'make release builds twice in two folders and compares; TestReproducible in e2e does it for executor_runner'
explained S53 'the list of what is inside' 'make release writes it from the programs themselves, TestBOM in scripts/bom compares'
explained S54 'signed releases' 'make release signs its checksums with the ssh key in RELEASE_KEY'
explained S55 'races and leaks' 'make test runs with the race detector what does not link Kubernetes'
explained S56 'fuzzing' 'make test runs the corpora of recordio, v1beta1 and others; docs/security.md says how to fuzz for longer'
row S57 'no secret is in the history of the repository, and docs/security.md says whom to tell' '' secrets_in_history
