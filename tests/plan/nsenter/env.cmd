GREETING="two words" sh -c 'kokon nsenter -t $$ -n -e --explain true | sed "s/$$/PID/g; s/ PATH=[^ ]*//; s/ PWD=[^ ]*//"'
