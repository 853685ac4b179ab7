"""What `dlstats doctor --gpu` asks of a GPU: agreement with the CPU, the same bits again, blocks, studies, and times."""
