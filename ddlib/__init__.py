"""Dataset distillation from first principles: learner, criterion and budget come first.

Import what you need from the module that holds it; nothing is imported here, so that a
chapter depends on the modules it uses and on no others.
"""

__version__ = "0.1.0"
