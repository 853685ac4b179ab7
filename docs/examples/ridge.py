"""Ridge regression on all products of two inputs: a method to be compared with those of a study."""

from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

ridge = make_pipeline(StandardScaler(), PolynomialFeatures(2), RidgeCV(alphas=[0.1, 1.0, 10.0, 100.0]))
