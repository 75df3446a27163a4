# How a row is run and shown. To be read by attack.sh.

chosen=" $* "
held=0 holes=0 explanations=0

# wanted ID: whether this row is to be run.
wanted() { [ "$chosen" = "  " ] || [[ $chosen == *" $1 "* ]]; }

# row ID SENTENCE EXPECTATION COMMAND...
# runs the command and wants all that it prints to match the expectation, an
# extended regular expression.
row() {
	local id=$1 sentence=$2 expectation=$3 got
	shift 3
	wanted "$id" || return 0
	got=$("$@" 2>&1)
	if [[ $got =~ ^($expectation)$ ]]; then
		held=$((held + 1))
		printf 'ok         %-4s %s\n' "$id" "$sentence"
	else
		holes=$((holes + 1))
		printf 'HOLE       %-4s %s\n%16s want %s\n%16s got  %.600s\n' "$id" "$sentence" '' "$expectation" '' "$got"
	fi
}

# explained ID SENTENCE WHY
# is for a check that is made elsewhere, or has nothing to be made on.
explained() {
	wanted "$1" || return 0
	explanations=$((explanations + 1))
	printf 'explained  %-4s %s: %s\n' "$1" "$2" "$3"
}

# summary ends the script.
summary() {
	printf '%d ok, %d explained, %d holes\n' "$held" "$explanations" "$holes"
	[ "$holes" = 0 ] || exit 1
	exit 0
}
