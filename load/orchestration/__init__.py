"""A load test from its start to its results; what is written where stands in `running`.

running     the whole test: data made, one attempt or one per rate, the results judged
attempt     one run at one rate
children    child processes: the engine, and commands of `renkei` itself
stand       the server: our own, or somebody's elsewhere
network     `renkei lgwan` as a child, its outages, what each line carried
watch       looks at the server while it is under load
balance     whether it adds up: plan, server's journal, endpoints' answers
results     from what was measured to results
assembly    the results of all attempts in one
"""
