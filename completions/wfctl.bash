# bash completion for wfctl and its links wfctl-VERB: the words come from `wfctl __complete`.

_wfctl() {
	local line word words verb
	local current=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	verb=${COMP_WORDS[0]##*/}
	words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	case $verb in
	wfctl-*) words=("${verb#wfctl-}" "${words[@]}") ;;
	esac
	# readline cuts words at '=': --output=js arrives as three
	local joined=() i
	for ((i = 0; i < ${#words[@]}; i++)); do
		if [[ ${words[i]} == = && ${#joined[@]} -gt 0 ]]; then
			joined[${#joined[@]} - 1]+="=${words[i + 1]-}"
			i=$((i + 1))
		else
			joined+=("${words[i]}")
		fi
	done
	if [[ $current == = ]]; then
		current=
	fi
	while IFS= read -r line; do
		word=${line%%$'\t'*}
		case $word in
		:file)
			compopt -o filenames 2>/dev/null || true # outside of readline there are none
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
			;;
		:dir)
			compopt -o filenames 2>/dev/null || true # outside of readline there are none
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current")
			;;
		?*) COMPREPLY+=("$word") ;;
		esac
	done < <(wfctl __complete "${joined[@]}" 2>/dev/null)
}

complete -F _wfctl wfctl
for _wfctl_link in $(compgen -c wfctl- 2>/dev/null); do
	case $_wfctl_link in
	wfctl-supervise) ;;
	*) complete -F _wfctl "$_wfctl_link" ;;
	esac
done
unset _wfctl_link
