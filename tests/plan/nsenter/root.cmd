kokon nsenter -n/proc/self/ns/net --root=/usr --wd=/usr/bin --explain pwd; kokon nsenter -n/proc/self/ns/net --root=/usr --wdns=/bin --explain pwd
