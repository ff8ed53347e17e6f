kokon —help
kokon –run host:
kokon --verison
kokon -version
kokon --trace run
kokon -x
kokon help rnu
kokon help netns ad
kokon help netns ls | head -n 1
kokon netns –all
kokon --help netns | head -n 1
kokon -- rnu
